"""Which server drops sessions, and after how long a silence?

    python3 spark/examples/drops.py STORE CAPTURE...

STORE is a folder for results.
Each cell (# %%) can be run on its own in an editor for notebooks.
"""

# %% Make a table of sessions.
import sys

from pyspark.sql import SparkSession
from wstap_spark import analyse, split

if len(sys.argv) < 3:
    sys.exit(__doc__)
store, *captures = sys.argv[1:]
spark = SparkSession.builder.appName("drops").config("spark.ui.showConsoleProgress", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
shards = split(spark, captures, shards=16, store=store, mode="permissive")
analysis = analyse(spark, shards, tables=("session", "finding"), mode="permissive")
analysis.create_views()
analysis.problems.show(truncate=False)

# %% How did sessions end, by server?
spark.sql("""
    SELECT server_ip, server_port, layer, ended_by, count(*) AS sessions
    FROM session WHERE layer IS NOT NULL
    GROUP BY ALL ORDER BY sessions DESC
""").show(20, truncate=False)

# %% Is there a timer? Then sessions had been silent for the same time when they ended, however long they had lived.
spark.sql("""
    SELECT server_ip, server_port, layer, ended_by, count(*) AS sessions,
        round(percentile(silence_ns, 0.1) / 1e9, 2) AS silence_p10,
        round(percentile(silence_ns, 0.5) / 1e9, 2) AS silence_p50,
        round(percentile(silence_ns, 0.9) / 1e9, 2) AS silence_p90,
        round(stddev(duration_ns) / 1e9, 1) AS lifetimes_vary_by
    FROM session WHERE NOT clean AND silence_ns IS NOT NULL
    GROUP BY ALL
    HAVING sessions >= 3 AND silence_p50 > 0.5 AND silence_p90 - silence_p10 < 0.1 * silence_p50
    ORDER BY sessions DESC
""").show(20, truncate=False)

# %% Which sessions might a Ping have saved? Those that ended after a long silence. If message_silence is longer than silence,
# there were Pings, but no messages.
spark.sql("""
    SELECT session_id, url, round(silence_ns / 1e9, 2) AS silence, round(message_silence_ns / 1e9, 2) AS message_silence,
        unanswered_pings, verdict
    FROM session WHERE NOT clean ORDER BY silence_ns DESC
""").show(10, truncate=60)
