"""The dbt project on Spark. What stands here runs in the environment of Spark, beside nothing else of selltrace's."""
