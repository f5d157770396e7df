{{ sell_through('partner') }}
