"""The dbt project as Dagster assets, and the small tables that tell dbt what a run works on."""
