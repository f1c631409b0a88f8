namespace Intotes.Chat.Hosting;

/// <summary>How hard a configured secret is to guess.</summary>
public static class Secrets
{
    /// <summary>
    /// At most so many bits: Shannon's entropy of its characters, times their number, and no more than the part that is not repeated. Random
    /// keys have more than they need; words, patterns and placeholders do not.
    /// </summary>
    public static double Bits(string secret)
    {
        var period = Enumerable.Range(1, secret.Length).First(length => secret.Select((c, at) => c == secret[at % length]).All(same => same));
        var once = secret[..period];
        return once.Length * once.GroupBy(c => c).Sum(same => -((double)same.Count() / once.Length) * Math.Log2((double)same.Count() / once.Length));
    }
}
