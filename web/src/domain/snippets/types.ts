// Lines for a client, as people copy them. The facts are those of docs/clients.md; a test holds the two together.

export type Shell = 'sh' | 'powershell'

export interface SnippetInput {
  url: string // the relay's, without a slash at its end
  key: string | null // null: the key is in $WEIR_API_KEY already
  model: string
  provider: string // of the model
  shell: Shell
}

export interface SnippetPart {
  file?: string // what the lines go into; none: they are for the shell
  code: string
}

export type Snippet = (input: SnippetInput) => SnippetPart[]
