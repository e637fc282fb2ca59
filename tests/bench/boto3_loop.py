"""What the worker is compared with: receive ten, put each, delete the ten, until its time is up; messages moved.

    boto3_loop.py QUEUE_URL BUCKET SECONDS
"""
import sys
import time

import boto3


def without_expect(request, **_):
    del request.headers["Expect"]


def main(queue_url, bucket, seconds):
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    # It would wait a second for a "100 Continue", which the server that stands for S3 does not send.
    s3.meta.events.register_last("before-sign.s3.PutObject", without_expect)
    sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])  # connections and models are there
    s3.list_objects_v2(Bucket=bucket, MaxKeys=1)
    moved, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10,
                                       WaitTimeSeconds=1).get("Messages", [])
        for message in messages:
            s3.put_object(Bucket=bucket, Key=f"boto3/{message['MessageId']}.ndjson", Body=message["Body"].encode())
        if messages:
            sqs.delete_message_batch(QueueUrl=queue_url, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])
        moved += len(messages)
    print(moved / (time.monotonic() - began))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
