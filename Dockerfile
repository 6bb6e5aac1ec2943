# One image for web, worker, beat and migrations: docker-compose.yml says which process it runs.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt requirements-uv.txt /
RUN python -m venv /venv \
    && pip install --no-cache-dir --require-hashes -r /requirements-uv.txt \
    && uv pip install --no-cache --python /venv/bin/python --require-hashes --compile-bytecode -r /requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=crm.settings.production \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media
RUN useradd --system --uid 10001 --home-dir /app rapport \
    && install -d -o rapport -g rapport /srv/media /srv/static
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# The settings want every variable; static files depend on none of them.
RUN SECRET_KEY=build ADDRESS_HASH_KEY=build ALLOWED_HOSTS=build PUBLIC_URL=https://build \
    DEFAULT_FROM_EMAIL=build@build.example DATABASE_URL=postgres://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput --verbosity 0
USER rapport
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "crm.wsgi:application"]
