/** The configuration that is read where no other is named, and it is there. */
export const CONFIG_FILE = 'peerbandit.config.json'
