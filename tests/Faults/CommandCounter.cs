namespace Intotes.Chat.Tests.Faults;

/// <summary>Counts the commands in what a client sends to Redis, in whatever pieces that comes: arrays of bulk strings (RESP).</summary>
internal sealed class CommandCounter
{
    private bool isLength;
    private long number, toSkip;

    /// <summary>How many begin in this piece.</summary>
    public int In(ReadOnlySpan<byte> piece)
    {
        var commands = 0;
        for (var at = 0; at < piece.Length; at++)
        {
            if (toSkip > 0)
            {
                var skipped = (int)Math.Min(toSkip, piece.Length - at);
                (toSkip, at) = (toSkip - skipped, at + skipped - 1);
                continue;
            }

            switch (piece[at])
            {
                case (byte)'*':
                    (commands, isLength) = (commands + 1, false);
                    break;
                case (byte)'$':
                    (number, isLength) = (0, true);
                    break;
                case (byte)'\n' when isLength:
                    // The bytes of the string and the end of its line.
                    toSkip = number + 2;
                    break;
                case >= (byte)'0' and <= (byte)'9' and var digit:
                    number = (number * 10) + digit - '0';
                    break;
            }
        }

        return commands;
    }
}
