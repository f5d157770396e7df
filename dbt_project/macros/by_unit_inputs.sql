{#-
What a model of units reads: its inputs, and what each tells of units and weeks.

Belongs here: reading the words of `meta` (`by_unit` says what they mean) and of the models that are read. Does not belong
here: digests of what they hold (`by_unit_digests`).
-#}

{#-
What the model reads: name, relation, rows and columns that count, those that it finds, the unit and the week if rows have
them, what tells the week of a row, whether that week is one of a quarter by which the model is kept, weeks that they reach
ahead or the model that tells these, and the digests that it keeps itself, by the same unit or for those that are kept by
ours.
-#}
{% macro inputs_by_unit(meta) -%}
    {%- set inputs = [] -%}
    {%- for node_id in model.depends_on.nodes | sort -%}
        {%- set node = graph.sources.get(node_id) or graph.nodes[node_id] -%}
        {%- set is_source = node.resource_type == 'source' -%}
        {%- if (node.source_name if is_source else node.name) not in meta.get('told_by', {}) -%}
            {%- set relation = source(node.source_name, node.name) if is_source else ref(node.name) -%}
            {%- set kept = digests_kept_of(node, relation, meta) -%}
            {%- set columns = [] if kept else columns_of(relation) -%}
            {%- set week = kept.week if kept else (weeks_told_by(meta) | select('in', columns) | first) -%}
            {%- do inputs.append({
                'name': (node.source_name ~ '_' if is_source else '') ~ node.name,
                'relation': relation | string,
                'rows': (
                    ("kind = '" ~ meta['kind'] ~ "' and " if 'kind' in meta and 'kind' in columns else '')
                    ~ meta.get('rows', {}).get(node.name, 'true')
                ),
                'columns': meta.get('reads', {}).get(node.name) or columns,
                'reads': meta.get('reads', {}).get(node.name, ['*']) + meta.get('differences', {}).get(node.name, []),
                'unit': meta['unit'] if kept or meta['unit'] in columns else none,
                'week': week or none,
                'week_of_rows': kept.week_of_rows or '"' ~ week ~ '"',
                'is_of_quarter': week and week == meta.get('quarter_of'),
                'weeks_by': ref(meta['weeks_by']) if week and meta.get('weeks_by', node.name) != node.name else none,
                'reach': meta.get('reach', {}).get(node.name, [0, 0]),
                'digests': kept.digests,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(inputs) }}
{%- endmacro %}

{% macro columns_of(relation) -%}
    {{ return(run_query('select column_name from (describe select * from ' ~ relation ~ ')').columns[0].values() | list) }}
{%- endmacro %}

{#- Columns that may tell of which week of the model rows of an input are; of a quarter, of which of its weeks. -#}
{% macro weeks_told_by(meta) -%}
    {{ return([meta.get('week'), meta.get('quarter_of')] | select | list) }}
{%- endmacro %}

{#- Digests (unit, week, rows, content) that stand beside an input, and the column of their week if both tables know it. -#}
{%- macro digests_kept_of(node, relation, meta) -%}
    {%- set kept = node.config.meta if node.config.materialized == 'by_unit' else {} -%}
    {%- set has_weeks = kept.get('week') in weeks_told_by(meta) -%}
    {%- set told_week = kept.get('told_week', kept.get('week')) -%}
    {%- set tells_weeks = told_week in weeks_told_by(meta) -%}
    {%- set untold = meta.get('reads', {}).get(node.name, ['*']) | reject('in', kept['told_columns']) | list
        if 'told_columns' in kept else [] -%}
    {%- set tells_rows = meta['unit'] == kept.get('told_to') and not untold -%}
    {%- set digests = none -%}
    {%- if kept.get('unit') == meta['unit'] and not tells_rows -%}
        {%- set beside = relation.incorporate(path={'identifier': node.name ~ ('__weeks' if has_weeks else '__units')}) -%}
        {%- set week = 'week' if has_weeks else 'cast(null as date)' -%}
        {#- of a week before those that changed rows may be made anew, and its digest does not say so -#}
        {%- set content = 'cast(build as varchar)' if has_weeks and 'onward' in kept else 'digest' -%}
        {%- set digests = 'select unit, ' ~ week ~ ' as week, rows, ' ~ content ~ ' as content from ' ~ beside -%}
    {%- elif tells_rows -%}
        {%- set beside = relation.incorporate(path={'identifier': node.name ~ '__by_' ~ meta['unit']}) -%}
        {%- set digests -%}
            select
                told_unit as unit,
                {{ 'week' if tells_weeks else 'cast(null as date)' }} as week,
                sum(rows) as rows,
                string_agg(concat_ws(' ', unit, week, content), ';' order by unit, week, content) as content
            from {{ beside }}
            group by all
        {%- endset -%}
    {%- endif -%}
    {%- set week = told_week if tells_rows and tells_weeks else (kept['week'] if has_weeks and not tells_rows) -%}
    {%- set of_rows = week_of_rows(kept) if week and week == kept.get('week') -%}
    {{ return({'digests': digests, 'week': week, 'week_of_rows': of_rows} if digests else {}) }}
{%- endmacro -%}
