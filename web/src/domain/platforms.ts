// What an account can be (docs/platforms.md): where it usually is, and how it is signed to. The first
// credential is the usual one.

export const PLATFORM_TYPES = ['claude', 'claude_console', 'openai', 'openai_responses', 'gemini', 'azure_openai', 'ollama', 'session'] as const
export type PlatformName = (typeof PLATFORM_TYPES)[number]
export type CredentialName = 'api_key' | 'bearer' | 'oauth' | 'cookie' | 'none'

interface Platform {
  url: string // empty: nobody can know it
  credentials: readonly CredentialName[]
}

const KEYS = ['api_key', 'bearer', 'oauth', 'none'] as const
const BEARERS = ['bearer', 'api_key', 'oauth', 'none'] as const

export const PLATFORMS: Record<PlatformName, Platform> = {
  claude: { url: 'https://api.anthropic.com', credentials: KEYS },
  claude_console: { url: '', credentials: BEARERS },
  openai: { url: 'https://api.openai.com/v1', credentials: BEARERS },
  openai_responses: { url: 'https://api.openai.com/v1', credentials: BEARERS },
  gemini: { url: 'https://generativelanguage.googleapis.com', credentials: KEYS },
  azure_openai: { url: '', credentials: KEYS },
  ollama: { url: 'http://127.0.0.1:11434', credentials: ['none', 'bearer', 'api_key'] },
  session: { url: '', credentials: ['cookie', 'api_key', 'bearer'] },
}

const KNOWN_URLS = new Set(Object.values(PLATFORMS).map(({ url }) => url))

// Another platform was chosen: its own address, unless somebody has written one.
export const urlAfter = (url: string, platform: PlatformName): string => (KNOWN_URLS.has(url.trim()) ? PLATFORMS[platform].url : url)

export const credentialAfter = (credential: CredentialName, platform: PlatformName): CredentialName =>
  PLATFORMS[platform].credentials.includes(credential) ? credential : PLATFORMS[platform].credentials[0]!
