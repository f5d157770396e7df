{#-
Codes in forms that can be compared. Nothing here looks anything up; all of it is arithmetic on text that every engine
spells alike, and null where the code is not of the form asked for.
-#}

{#- A code without blanks (no-break ones too) and hyphens, if only digits are left. -#}
{% macro code_digits(code) -%}
    {%- set bare = "translate(" ~ code ~ ", ' -\u00a0\u2009\u202f', '')" -%}
    case when translate({{ bare }}, '0123456789', '') = '' then {{ bare }} end
{%- endmacro %}

{#- 8, 12, 13 or 14 digits as a GTIN-14: as written, whatever the check digit. -#}
{% macro gtin14_as_written(digits) -%}
    case when length({{ digits }}) in (8, 12, 13, 14) then lpad({{ digits }}, 14, '0') end
{%- endmacro %}

{#- 7 or 9 to 11 digits as the GTIN-14 that lost its leading zeros; only the check digit can tell that it is one. -#}
{% macro gtin14_without_zeros(digits) -%}
    case
        when length({{ digits }}) in (7, 9, 10, 11) and {{ has_gs1_check_digit("lpad(" ~ digits ~ ", 14, '0')") }}
            then lpad({{ digits }}, 14, '0')
    end
{%- endmacro %}

{#- Whether the last of 14 digits is the check digit that GS1 asks for; of all GTINs, since zeros in front weigh nothing. -#}
{% macro has_gs1_check_digit(digits14) -%}
    {%- set weighed = [] -%}
    {%- for place in range(1, 15) -%}
        {%- do weighed.append((3 if place is odd else 1) ~ " * cast(substr(" ~ digits14 ~ ", " ~ place ~ ", 1) as integer)") -%}
    {%- endfor -%}
    mod({{ weighed | join(' + ') }}, 10) = 0
{%- endmacro %}

{#- The CIP7 in a CIP13, which is 34009, the CIP7 and a key that GS1 computes. The CIP7's own modulo 11 tells nothing. -#}
{% macro cip7_of_gtin(gtin14) -%}
    case
        when substr({{ gtin14 }}, 1, 6) = '034009' and {{ has_gs1_check_digit(gtin14) }}
            then substr({{ gtin14 }}, 7, 7)
    end
{%- endmacro %}

{#- 7 digits as a CIP7, also behind zeros that filled a column of fixed width. -#}
{% macro cip7_as_written(digits) -%}
    case when length({{ without_zeros(digits) }}) = 7 then {{ without_zeros(digits) }} end
{%- endmacro %}

{#- What is left of digits when a spreadsheet has eaten the zeros in front; null if fewer than 3: too few to know a code by. -#}
{% macro digits_left(code) -%}
    case
        when translate({{ code }}, '0123456789', '') = '' and length({{ without_zeros(code) }}) >= 3
            then {{ without_zeros(code) }}
    end
{%- endmacro %}

{% macro without_zeros(digits) -%}
    trim(leading '0' from {{ digits }})
{%- endmacro %}
