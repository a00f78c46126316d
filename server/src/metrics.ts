/** Prometheus metrics of this process, shown at /metrics. Labels are closed sets, never addresses or ids. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

export const createMetrics = () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    requests: new Counter({
      name: 'pennypost_http_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['surface', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'pennypost_http_request_seconds',
      help: 'Time to answer',
      labelNames: ['surface'],
      buckets: [0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 60],
      registers,
    }),
    accepted: new Counter({
      name: 'pennypost_messages_accepted_total',
      help: 'Mails accepted for sending',
      labelNames: ['mode'],
      registers,
    }),
    deliveries: new Counter({
      name: 'pennypost_deliveries_total',
      help: 'Delivery attempts by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    received: new Counter({
      name: 'pennypost_smtp_received_total',
      help: 'Mails received by SMTP, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    webhooks: new Counter({
      name: 'pennypost_webhook_attempts_total',
      help: 'Webhook attempts by outcome',
      labelNames: ['outcome'],
      registers,
    }),
  }
}
