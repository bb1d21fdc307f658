/** Sizes of pictures as models read them. */
import type { PictureFormat } from './types';

/** Tokens of a picture: the class token, and its patches. */
export const pictureTokens = ({ side }: Pick<PictureFormat, 'side'>): number => 1 + side * side;

/** Bytes of a picture's patches. */
export const pictureBytes = ({ side, patch }: Pick<PictureFormat, 'side' | 'patch'>): number => 3 * (side * patch) ** 2;
