/*
 * queue_sqs_text: the characters that SQS takes in bodies and attributes: UTF-8 of
 * #x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD #x10000-#x10FFFF. Anything else it refuses, or some
 * servers replace it, which is worse. Pure; any thread. Private to queue_sqs*.c and tests.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
#ifndef OPS_QUEUE_SQS_TEXT_H
#define OPS_QUEUE_SQS_TEXT_H

#include "str.h"

/* Offset of the first byte that is not part of such a character; text.n when all are. */
size_t sqs_text_good(struct str text);

#endif
