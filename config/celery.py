"""The Celery app: workers woken by a broker; PostgreSQL's rows are the queue."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("quanyu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
