import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-config-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const cli = (...args: readonly string[]) => runCli(args, { cwd: directory })
const CONFIG_FILE = 'peerbandit.config.json'
const write = (document: object) => writeFile(join(directory, CONFIG_FILE), JSON.stringify(document))

describe('peerbandit init', () => {
  it('writes a configuration that is right, says what comes next, and replaces none unasked', async () => {
    const first = await cli('init')
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first.stdout).toMatch(/^Wrote peerbandit\.config\.json\.\nFound .+\n\nNext: peerbandit serve\n/s)
    const text = await readFile(join(directory, CONFIG_FILE), 'utf8')
    const { $schema } = JSON.parse(text) as { $schema: string }
    const schema = $schema.startsWith('file:') ? fileURLToPath($schema) : resolve(dirname(join(directory, CONFIG_FILE)), $schema)
    expect(JSON.parse(await readFile(schema, 'utf8'))).toMatchObject({ title: 'peerbandit configuration' })
    expect((await cli('config', 'check')).stdout).toMatch(/^peerbandit\.config\.json is fine: listens on 127\.0\.0\.1 port 11435/)

    const second = await cli('init')
    expect(second).toMatchObject({ status: 2, stdout: '' })
    expect(second.stderr).toMatch(/ERR_INVALID_OPTION: peerbandit\.config\.json is there already: give --force/)
    await write({})
    expect((await cli('init', '--force')).status).toBe(0)
    expect(await readFile(join(directory, CONFIG_FILE), 'utf8')).toBe(text)
  })

  it('writes elsewhere, and says how to start from there', async () => {
    const { stdout } = await cli('init', '--out', 'deep/er/config.json')
    expect(stdout).toContain('Next: peerbandit serve --config deep/er/config.json\n')
    expect((await cli('config', 'check', '--config', 'deep/er/config.json')).status).toBe(0)
  })
})

describe('peerbandit config', () => {
  it('check names everything that is wrong, with status 2', async () => {
    await write({ listen: { prot: 1 }, rules: [{}] })
    const { status, stdout, stderr } = await cli('config', 'check', '--set', 'routing.policy=luck')
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toEqual([
      'error ERR_INVALID_OPTION: 3 problems with the configuration',
      '  peerbandit.config.json: listen.prot is no field; did you mean "port"? (the fields here are host, port, hosts)',
      expect.stringMatching(/^ {2}--set routing\.policy: routing\.policy must be one of .*, got "luck"$/),
      '  peerbandit.config.json: rules[0].model must be the name of a model, or a pattern with "*" and "?", got nothing'
    ])
  })

  it('check warns of what is not here and of what may not be meant so', async () => {
    await write({
      listen: { host: '0.0.0.0' },
      backends: [{ name: 'x', kind: 'openai', url: 'http://x/v1', apiKeyEnv: 'NOT_SET_X' }]
    })
    const { status, stdout, stderr } = await cli('config', 'check')
    expect(status).toBe(0)
    expect(stdout).toBe(
      'peerbandit.config.json is fine: listens on 0.0.0.0 port 11435, 0 keys, jobs go to 1 backend, policy thompson\n'
    )
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^warning: everybody who reaches 0\.0\.0\.0/),
      'warning: backends[0].apiKeyEnv: the environment variable NOT_SET_X is not set',
      ''
    ])
  })

  it('check reads weight tables too', async () => {
    const { status, stderr } = await cli('config', 'check', '--set', 'routing.weights=none.json')
    expect([status, stderr]).toEqual([2, expect.stringContaining('none.json must be a JSON file with weight tables')])
  })

  it('show prints what holds, without secrets', async () => {
    await write({ keys: [{ name: 'me', key: 'hush-hush' }], journal: { path: 'here' } })
    const { status, stdout, stderr } = await cli('config', 'show', '--port', '0', '--host', '::1')
    expect([status, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      listen: { host: '::1', port: 0 },
      keys: [{ name: 'me', key: '[redacted]' }],
      journal: { path: 'here', durability: 'batch' }
    })
  })

  it('schema prints the schema, and the page', async () => {
    const docs = (name: string) => readFile(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), 'utf8')
    expect((await cli('config', 'schema')).stdout).toBe(await docs('peerbandit.config.schema.json'))
    expect((await cli('config', 'schema', '--markdown')).stdout).toBe(await docs('configuration.md'))
  })
})
