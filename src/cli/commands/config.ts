import { Command } from 'commander'
import { isPeerbanditError } from '../../core/errors.ts'
import type { Config } from '../../daemon/config/config-schema.ts'
import { usesLocalSwarm } from '../../daemon/config/differences.ts'
import { configFrom, configOptions, type ConfigOptions } from '../config-options.ts'

export function configCommand(): Command {
  const config = new Command('config').description('the configuration of "peerbandit serve": check it, print it, its schema')
  configOptions(config.command('check').description('say everything that is wrong with it, and what may not be meant so')).action(
    check
  )
  configOptions(
    config.command('show').description('what holds, with defaults, environment and options in it, without secrets')
  ).action(show)
  config
    .command('schema')
    .description('the JSON Schema of configuration files')
    .option('--markdown', 'a page of all fields in its place')
    .action(schema)
  return config
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
}

async function check(options: ConfigOptions): Promise<void> {
  const { config, file, warnings } = await configFrom(options)
  const { readAlgorithms } = await import('../weights-file.ts')
  if (config.routing.weights !== undefined) await readAlgorithms(config.routing.weights)
  warn([...warnings, ...(await missingSecrets(config))])
  process.stdout.write(`${file ?? 'the default configuration'} is fine: ${summary(config)}\n`)
}

/** The daemon may run in another environment than this command: what is not here is no error. */
async function missingSecrets(config: Config): Promise<string[]> {
  const { readSecrets } = await import('../../daemon/config/secrets.ts')
  try {
    await readSecrets(config, process.env)
    return []
  } catch (error) {
    if (!isPeerbanditError(error)) throw error
    return error.message
      .split('\n')
      .slice(error.message.includes('\n') ? 1 : 0)
      .map((line) => line.trim())
  }
}

function summary(config: Config): string {
  const { listen, keys, backends, network, crowdllama, local, routing } = config
  const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  const peers = [
    ...(network === undefined ? [] : [`the network of ${network.models.join(', ')}`]),
    ...(crowdllama === undefined ? [] : ['a CrowdLlama network']),
    ...(backends.length === 0 ? [] : [counted(backends.length, 'backend')]),
    ...(usesLocalSwarm(config) ? [counted(local.workers, 'simulated worker')] : [])
  ]
  const where = `listens on ${listen.host} port ${listen.port}`
  return `${where}, ${counted(keys.length, 'key')}, jobs go to ${peers.join(' and ')}, policy ${routing.policy}`
}

async function show(options: ConfigOptions): Promise<void> {
  const { config, warnings } = await configFrom(options)
  const { redacted } = await import('../../daemon/config/redact.ts')
  warn(warnings)
  process.stdout.write(`${JSON.stringify(redacted(config), undefined, 2)}\n`)
}

async function schema({ markdown }: { readonly markdown?: true }): Promise<void> {
  if (markdown === true) {
    const { configPage } = await import('../../daemon/config/page.ts')
    process.stdout.write(configPage())
    return
  }
  const { configJsonSchema } = await import('../../daemon/config/config-schema.ts')
  process.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
}
