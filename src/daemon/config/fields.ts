import { configJsonSchema } from './config-schema.ts'

/** What is used of a JSON Schema here. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  /** Of objects with any names: `false` where only `properties` are allowed. */
  readonly additionalProperties?: SchemaNode | false
  readonly anyOf?: readonly SchemaNode[]
}

export type Path = readonly PropertyKey[]

/** A field that is one value, or a list of texts: what an environment variable can hold. */
export interface ScalarField {
  /** "listen.port" */
  readonly path: string
  /** "PEERBANDIT_LISTEN_PORT" */
  readonly variable: string
  readonly schema: SchemaNode
}

export const VARIABLE_PREFIX = 'PEERBANDIT_'

/** `routing.firstTokenTimeoutMs` → `PEERBANDIT_ROUTING_FIRST_TOKEN_TIMEOUT_MS`. */
export function variableOf(path: string): string {
  const words = path.replaceAll('.', '_').replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`)
  return `${VARIABLE_PREFIX}${words.toUpperCase()}`
}

export const configFields = (): SchemaNode => configJsonSchema()

/** Whether one value, or a list of texts, is all that a field holds. */
export function isScalar({ type, anyOf, items }: SchemaNode): boolean {
  if (anyOf !== undefined) return anyOf.every(isScalar)
  return type === 'array' ? items?.type === 'string' : type !== 'object'
}

/** All fields that environment variables can set. Those inside lists and of objects with any names are none. */
export function scalarFields(root: SchemaNode = configFields(), prefix = ''): ScalarField[] {
  return Object.entries(root.properties ?? {}).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`
    if (name === '$schema') return []
    return isScalar(schema) ? [{ path, variable: variableOf(path), schema }] : scalarFields(schema, `${path}.`)
  })
}

/** What a path leads to: a field, or an entry of an object with any names. Undefined for one that does not exist. */
export function schemaAt(path: readonly string[], root: SchemaNode = configFields()): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, key) => {
    if (node?.properties !== undefined && Object.hasOwn(node.properties, key)) return node.properties[key]
    return node?.additionalProperties === false ? undefined : node?.additionalProperties
  }, root)
}

/** The names that the object at a path of a document may have. Numbers lead into lists. */
export function namesAt(path: Path, root: SchemaNode = configFields()): readonly string[] {
  const node = path.reduce<SchemaNode | undefined>(
    (at, key) => (typeof key === 'number' ? at?.items : schemaAt([String(key)], at)),
    root
  )
  return Object.keys(node?.properties ?? {})
}
