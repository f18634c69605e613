import { RELOAD } from './differences.ts'
import { configFields, isScalar, type SchemaNode, variableOf } from './fields.ts'

interface Row {
  readonly path: string
  readonly schema: SchemaNode
  readonly required: boolean
  /** Undefined inside lists, and objects with any names. */
  readonly variable?: string
}

const INTRODUCTION = `# Configuration of \`peerbandit serve\`

Made by \`peerbandit config schema --markdown\` from the schema; do not edit.

- **Where from.** \`--config FILE\`, or the file that \`PEERBANDIT_CONFIG\` names, or \`peerbandit.config.json\` in the working directory where it
  is there. Over the file go environment variables, over them \`--set FIELD=VALUE\`, \`--host\` and \`--port\`. Every field has a default or may be
  left out: without a file, the API listens on this machine and jobs run on simulated workers.
- **Format.** JSON, without comments. Fields that do not exist are refused. \`"$schema"\` lets editors check and complete the file:
  [peerbandit.config.schema.json](peerbandit.config.schema.json), or what \`peerbandit config schema\` prints.
- **Environment.** \`routing.firstTokenTimeoutMs\` is \`PEERBANDIT_ROUTING_FIRST_TOKEN_TIMEOUT_MS\`: the prefix, and the words of the path in
  capitals. Lists of texts have commas between. An empty variable counts as not set. Other lists, and objects with any names, have no variable.
- **Command line.** \`--set routing.policy=ucb1\`; lists of texts with commas between, other lists and objects as JSON, whole.
- **Paths** of files and directories are relative to the working directory.
- **Reload.** On SIGHUP the file is read again. Sections marked *reload* are taken over; a change of the others waits for a restart.
- **Look.** \`peerbandit config check\` names everything that is wrong; \`peerbandit config show\` prints what holds, without secrets.
`

/** The documentation of all fields, as Markdown. */
export function configPage(): string {
  const root = configFields()
  const sections = Object.entries(root.properties ?? {}).filter(([name]) => name !== '$schema')
  const single = sections.filter(([, schema]) => isScalar(schema))
  const others = sections.filter(([, schema]) => !isScalar(schema))
  const general = [`## General\n`, table(single.map(([name, schema]) => generalRow(name, schema)))].join('\n')
  return [INTRODUCTION, general, ...others.map(sectionText)].join('\n')
}

/** Where a field is a section of its own, its meaning says what becomes of it on a reload. */
function generalRow(name: string, schema: SchemaNode): Row {
  return rowOf(name, { ...schema, description: `${schema.description} (${reloadText(name)})` }, false)
}

function reloadText(name: string): string {
  return RELOAD[name as keyof typeof RELOAD] === 'apply' ? '*reload*' : 'restart'
}

function sectionText([name, schema]: readonly [string, SchemaNode]): string {
  const title = schema.type === 'array' ? `${name}[]` : entriesOf(schema) !== undefined ? `${name}.NAME` : name
  return [`## \`${title}\` (${reloadText(name)})\n`, `${schema.description}\n`, table(rowsIn(name, schema, true))].join('\n')
}

/** What the entries of an object with any names are; undefined for other objects. */
function entriesOf({ additionalProperties }: SchemaNode): SchemaNode | undefined {
  return additionalProperties === false ? undefined : additionalProperties
}

/** The fields inside an object, the entries of a list, or those of an object with any names. @param open whether variables reach them */
function rowsIn(path: string, schema: SchemaNode, open: boolean): Row[] {
  if (schema.items?.properties !== undefined) return rowsIn(`${path}[]`, schema.items, false)
  const entries = entriesOf(schema)
  if (entries !== undefined) return rowsIn(`${path}.NAME`, entries, false)
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const row = rowOf(`${path}.${name}`, field, schema.required?.includes(name) ?? false, open)
    const inner = rowsIn(row.path, field, open)
    return inner.length === 0 || entriesOf(field) !== undefined ? [row, ...inner] : inner
  })
}

function rowOf(path: string, schema: SchemaNode, required: boolean, open = true): Row {
  return { path, schema, required, ...(open && isScalar(schema) && { variable: variableOf(path) }) }
}

function table(rows: readonly Row[]): string {
  const withVariables = rows.some(({ variable }) => variable !== undefined)
  const head = ['field', 'type', 'default', 'meaning', ...(withVariables ? ['environment'] : [])]
  const lines = rows.map(({ path, schema, required, variable }) => {
    const cells = [code(path), typeText(schema), required ? 'required' : defaultText(schema), schema.description ?? '']
    return [...cells, ...(withVariables ? [variable === undefined ? '' : code(variable)] : [])]
  })
  return `${[head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')}\n`
}

const code = (text: string) => `\`${text}\``
const escaped = (text: string) => text.replaceAll('|', '\\|')

function defaultText({ default: value }: SchemaNode): string {
  return value === undefined ? '–' : code(JSON.stringify(value))
}

function typeText(schema: SchemaNode): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(', or ')
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ')
  const { type } = schema
  if (type === 'integer') return `whole number ${rangeText(schema)}`
  if (type === 'number') return `number ${rangeText(schema)}`
  if (type === 'string') return formText(schema)
  return type === 'boolean' ? '`true`, `false`' : type === 'array' ? 'list' : 'object'
}

function formText({ format, pattern = '' }: SchemaNode): string {
  if (format === 'uri') return 'URL'
  return pattern.startsWith('^fixed:') ? '`fixed:ARM`' : 'text'
}

function rangeText({ minimum, exclusiveMinimum, maximum = Number.MAX_SAFE_INTEGER }: SchemaNode): string {
  const least = exclusiveMinimum === undefined ? `≥ ${minimum ?? 0}` : `> ${exclusiveMinimum}`
  return maximum === Number.MAX_SAFE_INTEGER ? least : `${least}, ≤ ${maximum}`
}
