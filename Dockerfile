# Meltano with the connector's plugins, at the versions of uv.lock. It holds no key: those come from
# the environment (see .env.example). compose.yaml shows how it is run.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/srv/monstock-stripe/.venv
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /build
COPY . .
# At the place where it stays: meltano.yml names the commands below .venv.
RUN uv sync --locked --no-dev --no-editable --extra postgresql

FROM python:${PYTHON}-slim
RUN groupadd --gid 10001 monstock-stripe \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/monstock-stripe monstock-stripe \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/monstock-stripe
COPY --from=build /srv/monstock-stripe/.venv /srv/monstock-stripe/.venv
COPY meltano.yml /srv/monstock-stripe/
ENV PATH=/srv/monstock-stripe/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MELTANO_ENVIRONMENT=prod \
    MELTANO_PROJECT_READONLY=true \
    MELTANO_SYS_DIR_ROOT=/var/lib/monstock-stripe/meltano \
    MELTANO_DATABASE_URI=sqlite:////var/lib/monstock-stripe/meltano.db \
    NO_COLOR=1
WORKDIR /srv/monstock-stripe
USER 10001:10001
# Ledgers and Meltano's state, where they are not on PostgreSQL.
VOLUME /var/lib/monstock-stripe
STOPSIGNAL SIGTERM
# Alive, for a live job; a batch job ends by itself and is told by its exit status.
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m --retries=3 \
    CMD ["python", "-m", "tap_common.health"]
ENTRYPOINT ["meltano"]
CMD ["run", "stripe-to-monstock"]
