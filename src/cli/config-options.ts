import type { Command } from 'commander'
import { CONFIG_FILE } from '../daemon/config/config-file.ts'
import type { FoundConfig } from '../daemon/config/read-config.ts'
import { collect, integerFrom } from './arguments.ts'

/** The options of commands that read the configuration of the daemon. */
export interface ConfigOptions {
  readonly config?: string
  readonly set?: readonly string[]
  readonly host?: string
  readonly port?: number
}

/** Adds the options that say what the configuration is. */
export function configOptions(command: Command): Command {
  return command
    .option('--config <file>', `the configuration (default: ${CONFIG_FILE}, where it is there)`)
    .option('--set <field=value>', 'one field of it, as routing.policy=ucb1; may be given several times', collect)
    .option('--host <ip>', 'in place of listen.host')
    .option('--port <n>', 'in place of listen.port; 0 for any free one', integerFrom(0, 65_535))
}

/** @throws ERR_INVALID_OPTION with everything that is wrong */
export async function configFrom({ config: file, set, host, port }: ConfigOptions): Promise<FoundConfig> {
  const { readConfig } = await import('../daemon/config/read-config.ts')
  const flags = { ...(set !== undefined && { set }), ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
  return readConfig({ env: process.env, flags, ...(file !== undefined && { file }) })
}
