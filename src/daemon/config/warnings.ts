import type { Config } from './config-schema.ts'

/** Those that requests may always name. */
const USUAL_CLASSES = ['interactive', 'batch', 'critical']

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/** What works and may not be meant so. */
export function configWarnings(config: Config): string[] {
  const { listen, keys, log, routing, classes, rules, defaults } = config
  const known = new Set([...USUAL_CLASSES, ...classes, ...rules.flatMap((rule) => rule.class ?? []), defaults.class])
  const unused = Object.keys(routing.objectives).filter((name) => !known.has(name))
  return [
    ...(keys.length === 0 && !LOOPBACK.test(listen.host)
      ? [`everybody who reaches ${listen.host} may call the API: keys is empty`]
      : []),
    ...(log.prompts ? ['prompts may be logged: log.prompts is true'] : []),
    ...unused.map(
      (name) => `routing.objectives.${name} is of a class that no job can have: neither classes nor a rule nor defaults name it`
    ),
    ...rules.flatMap(({ model }, i) => {
      const before = rules.findIndex((rule) => rule.model === model || rule.model === '*')
      return before < i ? [`rules[${i}] never counts: rules[${before}] fits its models first`] : []
    })
  ]
}

interface Naming {
  readonly keyEnv?: unknown
  readonly apiKeyEnv?: unknown
}

/** Variables of the environment that a document names, for keys: they may have any name. */
export function namedVariables({ keys, backends }: { readonly keys?: unknown; readonly backends?: unknown }): Set<string> {
  const entries = [keys, backends].flatMap((list) => (Array.isArray(list) ? (list as (Naming | null)[]) : []))
  return new Set(entries.flatMap((entry) => [entry?.keyEnv, entry?.apiKeyEnv]).filter((name) => typeof name === 'string'))
}
