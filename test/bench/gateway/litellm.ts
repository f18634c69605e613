import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../../src/core/errors.ts'
import { progress } from '../model/timing.ts'
import { MODELS } from './chat.ts'
import type { Contestant, Launch, LaunchSite } from './contestant.ts'

const run = promisify(execFile)

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))
const ENVIRONMENT = fileURLToPath(new URL('../../../.peerbandit/bench-litellm', import.meta.url))
/** Written when all of the environment is there: the requirements that it was made of. */
const MADE_OF = join(ENVIRONMENT, 'made-of.txt')
const program = (name: string) =>
  join(ENVIRONMENT, ...(process.platform === 'win32' ? ['Scripts', `${name}.exe`] : ['bin', name]))

async function install(): Promise<string> {
  const wanted = await readFile(REQUIREMENTS, 'utf8')
  if ((await readFile(MADE_OF, 'utf8').catch(() => undefined)) !== wanted) {
    progress('litellm comes into .peerbandit/bench-litellm, once: 760 MB')
    try {
      await run('python3', ['-m', 'venv', '--clear', ENVIRONMENT])
      await run(program('python'), ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS])
    } catch (cause) {
      throw new Error(`litellm cannot be installed: ${messageOf(cause).trim().split('\n').at(-1)}`, { cause })
    }
    await writeFile(MADE_OF, wanted)
  }
  const { stdout } = await run(program('python'), ['-c', 'import importlib.metadata as m; print(m.version("litellm"))'])
  return stdout.trim()
}

async function launch({ port, backendUrl, folder }: LaunchSite): Promise<Launch> {
  const config = {
    model_list: MODELS.map((model) => ({
      model_name: model,
      litellm_params: { model: `openai/${model}`, api_base: backendUrl, api_key: 'none' }
    })),
    litellm_settings: { telemetry: false },
    // Without keys, as the others are: it listens on this machine only.
    general_settings: { dangerously_permit_weak_or_unset_master_key: true }
  }
  // JSON is YAML too.
  const path = join(folder, 'config.yaml')
  await writeFile(path, JSON.stringify(config))
  return {
    command: program('litellm'),
    args: ['--config', path, '--host', '127.0.0.1', '--port', String(port)],
    // The map of costs would come from the net at every start.
    env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' }
  }
}

export const LITELLM: Contestant = {
  name: 'litellm',
  setup: 'litellm --config, one worker as is its default, no database, no keys, log level ERROR',
  install,
  launch,
  headers: () => ({})
}
