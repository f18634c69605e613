import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../../src/core/errors.ts'
import { progress } from '../model/timing.ts'
import type { Contestant } from './contestant.ts'

const run = promisify(execFile)

/** Apart from the project: only a comparison needs it. */
const HOME = fileURLToPath(new URL('portkey/', import.meta.url))
const PACKAGE = join(HOME, 'node_modules/@portkey-ai/gateway')

async function install(): Promise<string> {
  if (!existsSync(PACKAGE)) {
    progress('portkey is installed, once')
    try {
      await run('npm', ['ci', '--prefix', HOME, '--ignore-scripts', '--no-audit', '--no-fund'])
    } catch (cause) {
      throw new Error(`@portkey-ai/gateway cannot be installed: ${messageOf(cause)}`, { cause })
    }
  }
  return (JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version
}

export const PORTKEY: Contestant = {
  name: 'portkey',
  setup:
    'build/start-server.js --headless, defaults, the backend named by headers; @hono/node-server 1.14.1, with later ones its streams fail (Portkey-AI/gateway#1389)',
  install,
  launch: ({ port }) =>
    Promise.resolve({
      command: process.execPath,
      args: [join(PACKAGE, 'build/start-server.js'), `--port=${port}`, '--headless'],
      env: { NODE_ENV: 'production' }
    }),
  headers: (backendUrl) => ({
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': backendUrl,
    authorization: 'Bearer none'
  })
}
