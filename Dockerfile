# The service in an image of its own. deploy/build-image publishes it to publish/ and builds this; docs/operations.md says how it is run.
ARG BASE=debian:12-slim
FROM ${BASE}

# CA certificates for https and TLS, and with them comes libssl. A base that has both is taken as it is, without asking the network.
RUN test -s /etc/ssl/certs/ca-certificates.crt || { \
      apt-get update && \
      DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates && \
      rm -rf /var/lib/apt/lists/* /var/cache/apt/*; }

COPY publish/ /app/

# The root file system may be read-only, given a /tmp: the runtime keeps its diagnostic socket there.
ENV ASPNETCORE_URLS=http://+:5080
WORKDIR /app
USER 10001:10001
EXPOSE 5080
STOPSIGNAL SIGTERM

# Whether it has started, and answers: a container is not to be restarted because Redis is away, which /health/ready would tell.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["/app/Intotes.Chat", "--health"]
ENTRYPOINT ["/app/Intotes.Chat"]
