# Images of ops-api, ops-worker and opsctl: a program, a CA bundle, the files of glibc; nothing to write, no shell.
#
#     docker build --target ops-api .          likewise ops-worker, opsctl
#
# One file, because all three come from one build; scripts/images.sh builds them without a daemon, and tests them.
# A shell script (packaging/image/make) does what the stages do: it uses the functions that build the libraries elsewhere.
# bookworm-slim by digest; the packages that are installed in it are the newest nevertheless.
ARG BASE=debian:bookworm-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171

FROM ${BASE} AS build
ENV DEPS_DIR=/opt/ops-deps
WORKDIR /src
COPY scripts/setup.sh scripts/
COPY packaging/image/make packaging/image/
RUN packaging/image/make libraries
COPY . .
ARG SOURCE_DATE_EPOCH=0
ARG VERSION=
RUN packaging/image/make roots /roots

# What is the same in all of them. A stage of its own and no copies of the words.
FROM scratch AS base
ARG VERSION=dev
ARG REVISION=unknown
ENV PATH=/ HOME=/tmp SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
USER 65532:65532
STOPSIGNAL SIGTERM

FROM base AS ops-api
LABEL org.opencontainers.image.title="ops-api" \
      org.opencontainers.image.description="Accepts JSON payloads over HTTP; answers when a queue holds them durably"
COPY --from=build /roots/ops-api/ /
ENV OPS_LISTEN=0.0.0.0:8080 OPS_ADMIN_LISTEN=0.0.0.0:9090
EXPOSE 8080 9090
HEALTHCHECK CMD ["/ops-api", "--healthcheck"]
ENTRYPOINT ["/ops-api"]

FROM base AS ops-worker
LABEL org.opencontainers.image.title="ops-worker" \
      org.opencontainers.image.description="Moves queued records into an object store"
COPY --from=build /roots/ops-worker/ /
ENV OPS_ADMIN_LISTEN=0.0.0.0:9091
EXPOSE 9091
HEALTHCHECK CMD ["/ops-worker", "--healthcheck"]
ENTRYPOINT ["/ops-worker"]

FROM base AS opsctl
LABEL org.opencontainers.image.title="opsctl" \
      org.opencontainers.image.description="Submits, proves, tails and judges: the operator's tool of the intake"
COPY --from=build /roots/opsctl/ /
ENTRYPOINT ["/opsctl"]
