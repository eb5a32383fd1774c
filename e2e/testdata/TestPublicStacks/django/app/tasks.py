import os

import conf  # noqa: F401
from celery import Celery

app = Celery(broker=os.environ["CELERY_BROKER_URL"])


@app.task(name="price")
def price(order):
    from orders.models import Order

    found = Order.objects.get(pk=order)
    found.total = 7 * len(found.what)
    found.save()
    with open("/media/invoices.txt", "a") as f:
        f.write(f"{found.what}\n")
