{#-
The ways in which two reports of one partner speak of one place, as conditions of joins: a report without a location
speaks of every place. One condition with `or` would compare all places of a partner with each other.
-#}
{% macro ways_to_name_one_place(one, other) -%}
    {{ return([
        one ~ '.location_code = ' ~ other ~ '.location_code',
        "(" ~ one ~ ".location_code = '' and " ~ other ~ ".location_code <> '')",
        "(" ~ one ~ ".location_code <> '' and " ~ other ~ ".location_code = '')",
    ]) }}
{%- endmacro %}
