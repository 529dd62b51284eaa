# The page, served by nginx, which passes /api on. Built from the repository's root:
#
#   docker build -f docker/web.Dockerfile -t dbbackup-web .

ARG NODE_IMAGE=node:22-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim

# What it makes is the same for every architecture.
FROM --platform=${BUILDPLATFORM} ${NODE_IMAGE} AS build
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
# The manifest serves the check of the size only.
RUN npm run build && rm -r dist/.vite

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="DB Backup & Restore: page" \
      org.opencontainers.image.description="Serves the page of DB Backup & Restore and passes requests on to its API." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /etc/nginx/sites-* /var/www/html \
    && install --directory --owner 1001 --group 1001 --mode 0700 /run/dbbackup
COPY docker/nginx.conf docker/nginx-headers.conf docker/socket-proxy.conf docker/socket-proxy-containers.conf /etc/nginx/
COPY --from=build /build/dist /srv/page
# The same user as the API's: the socket is open to nobody else.
USER 1001:1001
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/3000 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
STOPSIGNAL SIGQUIT
CMD ["nginx", "-e", "stderr"]
