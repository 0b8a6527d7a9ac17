# PyGoodVibes in a container: the command line, the workflow and the app.
#
#   docker build -t pygoodvibes .
#   docker run --rm -v "$PWD/recordings:/sound" pygoodvibes fit /sound/normal -o /sound/pump.pgv
#   docker run --rm -v "$PWD/recordings:/sound" pygoodvibes score --model /sound/pump.pgv /sound/new
#   docker run --rm -v "$PWD/results:/project/results" --entrypoint snakemake pygoodvibes -j8
FROM python:3.13-slim

WORKDIR /project
COPY requirements-app.txt pyproject.toml README.md LICENSE ./
RUN python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements-app.txt
COPY --chown=1000 . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --create-home --uid 1000 listener \
    && chown 1000 /project
USER 1000
ENV XDG_CACHE_HOME=/tmp/cache
ENTRYPOINT ["pygoodvibes"]
CMD ["--help"]
