import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageVersion } from '../../../src/cli/package-version.ts'
import { MODELS } from './chat.ts'
import type { Contestant, Launch, LaunchSite } from './contestant.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** Jobs that the backend is said to run side by side: more than the benchmark ever has. */
const SLOTS = 1024

/** The one place that says how our gateway is started. */
async function launch({ port, backendUrl, folder }: LaunchSite): Promise<Launch> {
  const config = {
    listen: { host: '127.0.0.1', port },
    backends: [{ name: 'instant', kind: 'openai', url: backendUrl, models: MODELS, slots: SLOTS }],
    journal: { path: join(folder, 'journal') },
    log: { level: 'error' }
  }
  const path = join(folder, 'peerbandit.json')
  await writeFile(path, JSON.stringify(config))
  return { command: process.execPath, args: [MAIN, 'serve', '--config', path], env: { NODE_ENV: 'production' } }
}

export const PEERBANDIT: Contestant = {
  name: 'peerbandit',
  setup: 'serve --config, one backend, journal on disk, log level error',
  install: () => Promise.resolve(packageVersion()),
  launch,
  headers: () => ({})
}
