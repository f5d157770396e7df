{{ config(contract={'enforced': false}) }}

{{ sell_through('location') }}
