import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../../src/daemon/config/check-config.ts'
import { redacted } from '../../../src/daemon/config/redact.ts'
import { readSecrets, secretTexts } from '../../../src/daemon/config/secrets.ts'

let directory: string
let keyFile: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-secrets-'))
  keyFile = join(directory, 'key')
  await writeFile(keyFile, 'of-a-file\n')
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const BACKEND = { name: 'x', kind: 'openai', url: 'http://x/v1' }

describe('the secrets of a configuration', () => {
  it('come from it, from the environment and from files', async () => {
    const config = checkConfig({
      keys: [
        { name: 'a', key: 'in-plain-sight', requestsPerMinute: 6 },
        { name: 'b', keyEnv: 'KEY_B' },
        { name: 'c', keyFile }
      ],
      backends: [
        { ...BACKEND, apiKeyEnv: 'KEY_X', headers: { 'x-team': 'of-a-header' } },
        { ...BACKEND, name: 'y' }
      ]
    })
    const secrets = await readSecrets(config, { KEY_B: 'of-a-variable', KEY_X: 'of-a-backend' })
    expect(secrets.keys).toEqual([
      { name: 'a', key: 'in-plain-sight', requestsPerMinute: 6 },
      { name: 'b', key: 'of-a-variable' },
      { name: 'c', key: 'of-a-file' }
    ])
    expect([...secrets.backendKeys]).toEqual([['x', 'of-a-backend']])
    const texts = secretTexts(secrets, config)
    expect(texts).toEqual(['in-plain-sight', 'of-a-variable', 'of-a-file', 'of-a-backend', 'of-a-header'])
    const shown = JSON.stringify(redacted(config))
    for (const text of texts) expect(shown).not.toContain(text)
    expect(redacted(config)).toMatchObject({ keys: [{ name: 'a', requestsPerMinute: 6 }, { keyEnv: 'KEY_B' }, { keyFile }] })
  })

  it('are refused all at once where they are missing, malformed or shared, and not shown', async () => {
    const { keys, backends } = checkConfig({
      keys: [
        { name: 'a', key: 'hush-hush' },
        { name: 'b', keyEnv: 'KEY_B' },
        { name: 'c', keyFile: join(directory, 'none') },
        { name: 'd', keyEnv: 'KEY_D' },
        { name: 'e', keyEnv: 'KEY_E' }
      ],
      backends: [{ ...BACKEND, apiKeyEnv: 'KEY_X' }]
    })
    const error: unknown = await readSecrets({ keys, backends }, { KEY_B: '', KEY_D: 'with blank', KEY_E: 'hush-hush' }).catch(
      (thrown: unknown) => thrown
    )
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' })
    expect((error as Error).message.split('\n  ')).toEqual([
      '5 problems with the configuration',
      'keys[1].keyEnv: the environment variable KEY_B is not set',
      expect.stringMatching(/^keys\[2\]\.keyFile must be a file that can be read: ENOENT/),
      'keys[3].keyEnv: KEY_D must hold at least 8 characters of printable ASCII, without blanks, quotes and backslashes',
      'backends[0].apiKeyEnv: the environment variable KEY_X is not set',
      'keys: e has the key of a'
    ])
  })
})
