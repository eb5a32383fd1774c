import os
import sys

from kombu import Connection

with Connection(os.environ["AMQP_URL"]) as broker:
    queue = broker.SimpleQueue("orders")  # durable, as its messages are
    if os.environ.get("ROLE") == "sender":
        for word in sys.argv[1:]:
            queue.put(word)
        sys.exit()
    print("waiting", flush=True)
    while True:
        message = queue.get()
        print("order", message.payload, flush=True)
        message.ack()
