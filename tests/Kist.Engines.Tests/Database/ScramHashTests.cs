using Kist.Crypto;
using Kist.Engines.Database.Plugins.Postgres;

namespace Kist.Engines.Tests.Database;

public sealed class ScramHashTests
{
    // RFC 7677, the example of its section 3: salt, count and password; the server's signature there is of the key here.
    [Fact]
    public void A_known_password_has_its_known_hash()
    {
        var hash = ScramHash.Of(new SecretText("pencil"), Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));
        Assert.Equal("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", hash);
    }
}
