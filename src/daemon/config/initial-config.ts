import type { FoundServer } from '../detect.ts'
import { checkConfig } from './check-config.ts'

/** The text of a first configuration: the usual fields, with the servers that were found. @param schema where the JSON Schema is */
export function initialConfig(servers: readonly FoundServer[], schema: string): string {
  const { listen, defaults, journal, log, drainSeconds } = checkConfig({})
  const document = {
    $schema: schema,
    listen,
    keys: [],
    backends: servers.map(({ name, kind, url }) => ({ name, kind, url })),
    defaults,
    journal: { path: journal.path, retention: journal.retention },
    log: { level: log.level, format: log.format },
    drainSeconds
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
