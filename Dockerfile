# One image for console, gateway, worker, beat and migrations; docker-compose.yml says which is which.
FROM python:3.11-slim AS install
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/aiops \
 && /opt/aiops/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim
ENV PATH=/opt/aiops/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 AIOPS_HOME=/var/lib/aiops
RUN useradd --system --uid 10001 --home-dir /var/lib/aiops --create-home aiops
COPY --from=install /opt/aiops /opt/aiops
WORKDIR /srv/aiops
COPY manage.py ./
COPY aiops aiops
COPY static static
COPY templates templates
USER aiops
EXPOSE 8000 8001
CMD ["gunicorn", "--preload", "--no-control-socket", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "gthread", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", "aiops.wsgi:application"]
