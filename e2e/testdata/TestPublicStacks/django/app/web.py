import conf  # noqa: F401
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from orders.models import Order


def health(request):
    return HttpResponse("ok\n")


def orders(request):
    from tasks import price

    if what := request.GET.get("add"):
        price.delay(Order.objects.create(what=what).pk)
    return HttpResponse("".join(f"{o.what} {o.total}\n" for o in Order.objects.order_by("pk")))


urlpatterns = [path("health", health), path("orders", orders)]
application = get_wsgi_application()
