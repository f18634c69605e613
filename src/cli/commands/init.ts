import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import { CONFIG_FILE } from '../../daemon/config/config-file.ts'
import type { FoundServer } from '../../daemon/detect.ts'
import { untilStopped } from '../exit.ts'

interface InitCommandOptions {
  readonly out: string
  readonly force?: true
}

/** Comes with the package, three folders up from the sources as from the build. */
const SCHEMA_FILE = fileURLToPath(new URL('../../../docs/peerbandit.config.schema.json', import.meta.url))

export function initCommand(): Command {
  return new Command('init')
    .description('write a first configuration for "peerbandit serve", with the model servers that run on this machine')
    .option('--out <file>', 'where to', CONFIG_FILE)
    .option('--force', 'replace a file that is there')
    .action(init)
}

async function init({ out, force }: InitCommandOptions): Promise<void> {
  const [{ detectServers, USUAL_PLACES }, { initialConfig }] = await Promise.all([
    import('../../daemon/detect.ts'),
    import('../../daemon/config/initial-config.ts')
  ])
  const stopped = untilStopped()
  try {
    const servers = await detectServers(USUAL_PLACES, { signal: stopped.signal })
    await write(out, initialConfig(servers, schemaReference(out)), force === true)
    process.stdout.write(`Wrote ${out}.\n${serversText(servers)}\n\n${nextText(out)}\n`)
  } finally {
    stopped.release()
  }
}

/** @throws ERR_INVALID_OPTION where the file is there already, or cannot be written */
async function write(out: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(out), { recursive: true })
    await writeFile(out, text, { flag: force ? 'w' : 'wx' })
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const message = isThere
      ? `${out} is there already: give --force to replace it, or another --out`
      : `${out} cannot be written: ${messageOf(cause)}`
    throw new PeerbanditError('ERR_INVALID_OPTION', message, { cause })
  }
}

/** The place of the schema for editors: seen from the file where it lies below it, as an URL elsewhere. */
function schemaReference(out: string): string {
  const path = relative(dirname(resolve(out)), SCHEMA_FILE)
  return path.startsWith('..') || isAbsolute(path) ? pathToFileURL(SCHEMA_FILE).href : `./${path.split(sep).join('/')}`
}

function serversText(servers: readonly FoundServer[]): string {
  if (servers.length > 0) return servers.map(({ name, title, url }) => `Found ${title} at ${url}: backend "${name}".`).join('\n')
  return 'Found no model server at ports 11434, 8000 and 8080: jobs run on simulated workers until backends or network are given.'
}

function nextText(out: string): string {
  const option = out === CONFIG_FILE ? '' : ` --config ${/^[\w./-]+$/.test(out) ? out : JSON.stringify(out)}`
  return `Next: peerbandit serve${option}\nAll fields: peerbandit config schema --markdown`
}
