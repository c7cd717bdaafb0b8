import { ApiError } from '@/api/errors'

// A chosen file may be gone, or locked, by the time that it is read: that is said where it was chosen.
export async function textOfFile(file: File): Promise<string> {
  try {
    return await file.text()
  } catch (failure) {
    throw new ApiError(0, 'file_unreadable', String(failure))
  }
}
