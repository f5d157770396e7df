{{ sell_through('location') }}
