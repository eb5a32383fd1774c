import os

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="of a test",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="web",
        INSTALLED_APPS=["orders"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": os.environ["POSTGRES_HOST"],
                "NAME": os.environ["POSTGRES_DB"],
                "USER": os.environ["POSTGRES_USER"],
                "PASSWORD": os.environ["POSTGRES_PASSWORD"],
            }
        },
    )
    django.setup()
