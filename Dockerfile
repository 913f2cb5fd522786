# Chancery from its sources: Node strips the types itself, there is nothing to build.
FROM node:26-bookworm-slim

WORKDIR /opt/chancery
COPY package.json package-lock.json ./
# The runtime is the image's own, so the development dependencies (the npm package `node` among them) stay out.
RUN npm ci --omit=dev && npm cache clean --force
COPY . .

# The data directory holds keys: it belongs to the server's user and to nobody else.
RUN install -d -o node -g node -m 700 /var/lib/chancery
USER node
VOLUME /var/lib/chancery
EXPOSE 2525 2587 2465 2143 2993 2110 2995

ENTRYPOINT ["/opt/chancery/bin/chancery"]
CMD ["serve", "--host", "0.0.0.0", "--data", "/var/lib/chancery"]
