import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { configJsonSchema } from '../../../src/daemon/config/config-schema.ts'
import { scalarFields, type SchemaNode } from '../../../src/daemon/config/fields.ts'
import { configPage } from '../../../src/daemon/config/page.ts'

const docs = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url))

/** Every field, with its path. */
function fieldsIn(schema: SchemaNode, path: string): (readonly [string, SchemaNode])[] {
  const inner = Object.entries(schema.properties ?? {}).map(([name, field]) => [`${path}.${name}`, field] as const)
  const others = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])].filter(
    (node) => node !== undefined && node !== false
  )
  return [...inner, ...inner.flatMap(([name, field]) => fieldsIn(field, name)), ...others.flatMap((node) => fieldsIn(node, path))]
}

describe('the published documents of the configuration', () => {
  it('are current: the JSON Schema; vitest -u writes it anew', async () => {
    const text = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`
    await expect(text).toMatchFileSnapshot(docs('peerbandit.config.schema.json'))
  })

  it('are current: the page; vitest -u writes it anew', async () => {
    await expect(configPage()).toMatchFileSnapshot(docs('configuration.md'))
  })

  it('describe every field', () => {
    const fields = fieldsIn(configJsonSchema(), '')
    expect(fields.length).toBeGreaterThan(60)
    expect(fields.filter(([, { description = '' }]) => !/^[A-Z].*\.$/.test(description)).map(([path]) => path)).toEqual([])
  })
})

describe('environment variables', () => {
  it('are one a field', () => {
    const variables = scalarFields().map(({ variable }) => variable)
    expect(new Set(variables).size).toBe(variables.length)
    expect(variables).toContain('PEERBANDIT_ROUTING_HEALTH_MAX_IN_FLIGHT_PER_PEER')
    expect(variables.filter((name) => !/^PEERBANDIT(_[A-Z0-9]+)+$/.test(name))).toEqual([])
  })
})
