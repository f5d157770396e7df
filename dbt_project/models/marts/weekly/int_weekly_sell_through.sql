{{ config(contract={'enforced': false}, meta={'looks_back': forward_weeks()}) }}

{{ sell_through('location') }}
