{{ config(contract={'enforced': false}) }}

{{ sell_through('partner') }}
