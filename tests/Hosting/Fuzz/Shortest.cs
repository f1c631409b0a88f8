namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>Makes what fails as short as it can be and still fail (delta debugging, Zeller 1999).</summary>
internal static class Shortest
{
    private const int MostTries = 2000;

    public static async Task<byte[]> FindAsync(byte[] failing, Func<byte[], Task<bool>> fails)
    {
        var tries = 0;
        for (var length = failing.Length / 2; length > 0; length /= 2)
        {
            for (var at = 0; at < failing.Length && tries < MostTries;)
            {
                byte[] shorter = [.. failing[..at], .. failing[Math.Min(failing.Length, at + length)..]];
                tries++;
                if (await fails(shorter))
                {
                    failing = shorter;
                }
                else
                {
                    at += length;
                }
            }
        }

        return failing;
    }
}
