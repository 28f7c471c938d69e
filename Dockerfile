# One image for every process of a team's server: prepare, worker, API, mail catcher. See docker-compose.yml.
FROM python:3.13-slim

# The locked packages first, so that a change of our own code does not install them again.
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN pip install --no-cache-dir uv \
    && uv export --frozen --no-dev --no-emit-project --format requirements-txt -o /tmp/requirements.txt \
    && uv pip install --system --no-cache -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt

COPY . .
RUN uv pip install --system --no-cache --no-deps -e .

# Nothing runs as root; the data folder holds keys, uploads and caught mail.
RUN useradd --create-home --uid 10001 nurture && mkdir /data && chown nurture /data
USER nurture
VOLUME /data
ENV NURTURE_DATA=/data NURTURE_FILES=/app PYTHONUNBUFFERED=1

# `docker compose run --rm api nurture doctor` and every other command work the same way.
CMD ["nurture", "--help"]
