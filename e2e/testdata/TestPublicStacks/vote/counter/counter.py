import psycopg2
from redis import Redis

db = psycopg2.connect(host="db", user="postgres", password="postgres")
db.autocommit = True
sql = db.cursor()
sql.execute("CREATE TABLE IF NOT EXISTS votes (vote TEXT)")
print("waiting for votes", flush=True)
while True:
    _, vote = Redis(host="redis").blpop("votes")
    sql.execute("INSERT INTO votes VALUES (%s)", (vote.decode(),))
