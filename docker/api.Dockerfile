# The API, the worker, and the client tools they run. Built from the repository's root:
#
#   docker build -f docker/api.Dockerfile -t dbbackup-api .
#
# CLIENT_TOOLS decides where pg_dump and the others come from:
#   vendors   PostgreSQL 14 to 18 from PostgreSQL's own archive, MySQL's client out of MySQL's image, MariaDB's of Debian
#   debian    what Debian has: one version of PostgreSQL's client, and MariaDB's; needs no other source than Debian's

ARG BASE_IMAGE=python:3.12-slim-bookworm
ARG MYSQL_IMAGE=mysql:8.4
ARG CLIENT_TOOLS=vendors

# --- the program, in a virtual environment of its own

FROM ${BASE_IMAGE} AS build
ARG UV_VERSION=0.13.9
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/dbbackup
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /build
COPY backend/pyproject.toml backend/uv.lock ./
# The dependencies first: they change less often than the program.
RUN /opt/uv/bin/uv sync --frozen --no-dev --no-install-project --compile-bytecode --python "$(command -v python3)"
COPY backend/src src
COPY backend/migrations migrations
RUN /opt/uv/bin/uv sync --frozen --no-dev --no-editable --compile-bytecode --python "$(command -v python3)"

# --- the client tools

FROM ${BASE_IMAGE} AS tools-debian
COPY docker/install-clients.sh /tmp/
RUN /tmp/install-clients.sh debian && rm /tmp/install-clients.sh

FROM ${MYSQL_IMAGE} AS mysql

FROM ${BASE_IMAGE} AS tools-vendors
COPY docker/install-clients.sh /tmp/
RUN /tmp/install-clients.sh vendors && rm /tmp/install-clients.sh
# Beside Debian's packages, not among them: MariaDB's client claims the same names.
COPY --from=mysql /usr/bin/mysql /usr/bin/mysqldump /opt/mysql/bin/
# Fails here, and not in somebody's night, when a library is missing.
RUN /opt/mysql/bin/mysqldump --version && /opt/mysql/bin/mysql --version

# --- the image

# hadolint ignore=DL3006
FROM tools-${CLIENT_TOOLS}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="DB Backup & Restore: API" \
      org.opencontainers.image.description="Backs up databases to disk and S3, and restores any of them." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
RUN groupadd --gid 1001 dbbackup \
    && useradd --uid 1001 --gid 1001 --no-create-home --home-dir /app/data --shell /usr/sbin/nologin dbbackup \
    && install --directory --owner 1001 --group 1001 --mode 0700 /app /app/data /run/dbbackup
COPY --from=build /opt/dbbackup /opt/dbbackup
COPY docker/healthcheck.py /opt/dbbackup/
# No port: the page's container reaches the API by a socket in a folder that both share, and nobody else does.
ENV PATH=/opt/dbbackup/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SOCKET_PATH=/run/dbbackup/api.sock
USER 1001:1001
WORKDIR /app
VOLUME /app/data
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/dbbackup/bin/python", "-IS", "/opt/dbbackup/healthcheck.py"]
# tini takes in the workers of tools that ended before them. 143: uvicorn ends in order, then by the signal it was sent.
ENTRYPOINT ["/usr/bin/tini", "-e", "143", "--"]
CMD ["dbbackup", "serve"]
