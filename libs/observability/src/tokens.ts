/** The process's prom-client `Registry`: injected by whoever counts, served at `/metrics`. */
export const METRICS_REGISTRY = Symbol('prom-client Registry');
